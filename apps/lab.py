"""The app: ``lab app``, or ``streamlit run apps/lab.py``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from apps import prepare  # noqa: E402

prepare()

import streamlit as st  # noqa: E402

from apps.views.frame import style  # noqa: E402

st.set_page_config(page_title="ranking lab", layout="wide", initial_sidebar_state="collapsed")
page = st.navigation(
    [
        st.Page("views/product.py", title="Product", default=True),
        st.Page("views/experiment.py", title="Experiment", url_path="experiment"),
        st.Page("views/about.py", title="About", url_path="about"),
    ],
    position="top",
)
style()
page.run()
