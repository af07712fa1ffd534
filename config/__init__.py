"""The deployment: settings, addresses, server entry point. Knows no word of the domain."""
