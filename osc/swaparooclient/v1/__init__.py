"""The commands of version 1 of the API."""
