"""The LibreOffice host: its component, and how it is installed for one user."""
