"""Commands of the secretariat and the operator."""
