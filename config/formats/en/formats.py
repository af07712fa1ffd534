"""How dates are written in English, in the pages and documents."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
