"""Metrics of explanations, data sets to measure them on, and the command that compares methods."""
