"""Training and evaluation of the bundled encoder; the product does not import it."""
