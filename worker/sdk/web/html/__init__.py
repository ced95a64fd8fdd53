"""HTMLRewriter: HTML that is changed on its way through."""
