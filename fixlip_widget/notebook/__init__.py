"""Notebooks as single HTML files in which saved views stay alive: an exporter of nbconvert."""
