"""How the site is built: ``uv run --group docs sphinx-build -W -b html docs site``. Nothing comes from a network."""

from __future__ import annotations

import os
from importlib.metadata import version as version_of
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

project = "triptych"
author = "The triptych developers"
copyright = "the triptych developers"
version = release = version_of("triptych")

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]

# Pages are Markdown; headings are targets of links, in and between pages.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Pages with code cells are run whenever the site is built, each in an empty folder; an error in a cell ends the build.
os.environ["COLUMNS"] = "100"
os.environ.pop("CI", None)  # pages show what is seen at a desk: --estimates-update is refused where CI is set
settings = TemporaryDirectory()
os.environ["IPYTHONDIR"] = settings.name
startup = Path(settings.name, "profile_default", "startup")
startup.mkdir(parents=True)
copy(Path(__file__).with_name("startup.py"), startup)
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's sections say what is passed
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "triptych"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "default",
    "pygments_dark_style": "monokai",
}
