"""The app: a classroom and a workbench in a browser, served from this computer.

``settings`` how it was started; ``state`` everything that must survive, in one SQLite file; ``guard`` what is
refused before any page; ``pool`` and ``worker`` processes that simulate; ``tasks`` what they can be asked; ``bus``
news for open pages; ``student``, ``lecturer`` and ``bench`` the pages; ``server`` puts them together.

The process that serves pages simulates nothing, reads no scenario and draws no figure: it stays small and answers at once.
"""
