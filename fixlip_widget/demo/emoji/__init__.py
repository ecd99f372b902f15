"""The emoji world: scenes of emoji of many kinds, what can be said of them, and scenes made by hand."""
