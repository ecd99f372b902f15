"""The bundled encoder, and the painted scenes of coloured things that it was trained on."""
