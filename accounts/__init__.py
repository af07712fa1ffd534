"""Who may enter: accounts, roles, the second factor, invitations and sessions."""
