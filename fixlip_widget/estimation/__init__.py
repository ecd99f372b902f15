"""Estimation of one explanation: the game, sampled masks with their embeddings, estimators and stopping rules."""
