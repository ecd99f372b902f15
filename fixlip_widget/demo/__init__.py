"""The bundled encoder, and the painted world of coloured things that it was trained on."""
