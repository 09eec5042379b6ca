"""What a run and a sweep are, without torch, so that front ends open at once."""
