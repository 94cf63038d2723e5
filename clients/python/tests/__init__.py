"""The tests of the Python client; the conformance kit asks it the rest."""
