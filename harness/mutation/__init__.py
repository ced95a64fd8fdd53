"""What a GO is worth: small mistakes are made in the user's own Worker, which the rehearsal has to notice."""
