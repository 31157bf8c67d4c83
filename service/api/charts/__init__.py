"""Charts for people in a chat, as SVG that everybody can read."""
