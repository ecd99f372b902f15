"""Training and evaluation of an encoder of the emoji world; the product does not import it."""
