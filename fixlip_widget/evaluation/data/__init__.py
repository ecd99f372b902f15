"""Data sets of images with captions, on which explanations are measured."""
