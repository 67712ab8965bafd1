"""Proofs: the artefacts are installed, used, upgraded and removed in clean systems that are made for it."""
