"""How dates are written in French, in the pages and documents."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
