"""The runner of the conformance kit; see README.md."""
