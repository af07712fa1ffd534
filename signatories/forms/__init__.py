"""What people fill in, one form per act: each checks one field at a time and explains what is wrong."""
