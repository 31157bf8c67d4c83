"""minihedge answers over HTTP how many mini-futures hedge a basket of altcoins."""

__version__ = "0.1.0"
