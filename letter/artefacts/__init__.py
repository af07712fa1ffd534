"""What an edition gives away beside its pages: documents made from `letter.content`."""
