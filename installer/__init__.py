"""Sets Enroller up from a checkout: the standard library only, for it runs before anything is installed."""
