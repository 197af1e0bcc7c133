"""How the page looks: calm, dark ink on warm paper, fonts of the machine (nothing is fetched)."""

from __future__ import annotations

CSS = """
.gradio-container { max-width: 1120px !important; margin: 0 auto !important; }
#head h1 { font-size: 2.1rem; letter-spacing: -0.02em; margin: 0.6rem 0 0; }
#head p { opacity: 0.72; margin: 0.15rem 0 0.6rem; }
#clip video { border-radius: 14px; background: #11151b; }
.mien-status { min-height: 3.1rem; font-variant-numeric: tabular-nums; }
.mien-bar { height: 8px; border-radius: 4px; background: rgba(120, 120, 130, 0.22); overflow: hidden; }
.mien-bar > i { display: block; height: 100%; border-radius: 4px; background: linear-gradient(90deg, #d9775f, #e9b15f);
  transition: width 0.2s linear; }
.mien-status.bad { color: #c0392b; font-weight: 600; }
footer { display: none !important; }
"""


def make_theme():
    """A Gradio theme in the product's colours."""
    import gradio as gr

    fonts = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
    theme = gr.themes.Soft(
        primary_hue=gr.themes.colors.orange,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=fonts,
        font_mono=["ui-monospace", "monospace"],
    )
    return theme.set(
        button_primary_background_fill="#c8654c",
        button_primary_background_fill_hover="#b3553d",
        button_primary_text_color="white",
    )
