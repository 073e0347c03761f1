"""Tests, in rooms as the code is; what several of them share is imported from here."""
