"""Settings: built once by the composition root, passed down. Environment, then `.env`, then the configuration file."""
