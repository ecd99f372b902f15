"""The bundled encoder, and the scenes of emoji that it was trained on."""
