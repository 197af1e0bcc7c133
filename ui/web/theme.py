"""How the page looks: dark ink on warm paper, fonts of the machine itself (nothing is fetched)."""

from __future__ import annotations

CSS = """
.gradio-container { width: 100% !important; max-width: 1160px !important; margin: 0 auto !important; }
#head h1 { font-size: 2.1rem; letter-spacing: -0.02em; margin: 0.4rem 0 0; }
#head p { opacity: 0.7; margin: 0.1rem 0 0.4rem; }
#clip video { background: #14181f; }
.mien-status { min-height: 2.6rem; padding: 0.2rem 0.3rem; font-variant-numeric: tabular-nums; }
.mien-bar { height: 8px; margin-top: 0.45rem; border-radius: 4px; overflow: hidden;
  background: rgba(120, 120, 130, 0.25); }
.mien-bar > i { display: block; height: 100%; border-radius: 4px; transition: width 0.2s linear;
  background: linear-gradient(90deg, #c8654c, #e9b15f); }
.mien-status.bad { color: #c0392b; font-weight: 600; }
footer { display: none !important; }
"""
_TERRACOTTA, _TERRACOTTA_DARK = "#c8654c", "#b3553d"


def make_theme():
    """A Gradio theme in the product's colours, light and dark."""
    import gradio as gr

    theme = gr.themes.Soft(
        primary_hue=gr.themes.colors.orange,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=["system-ui", "-apple-system", "Segoe UI", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    return theme.set(
        body_background_fill="#f5f1ea",
        block_background_fill="#fffdf9",
        block_border_width="1px",
        block_border_color="#e6dfd3",
        block_title_background_fill="none",
        block_title_text_color="*neutral_700",
        block_title_padding="0",
        block_label_background_fill="#fffdf9",
        block_label_text_color="*neutral_700",
        input_background_fill="#ffffff",
        button_primary_background_fill=_TERRACOTTA,
        button_primary_background_fill_hover=_TERRACOTTA_DARK,
        button_primary_text_color="white",
        checkbox_label_background_fill_selected=_TERRACOTTA,
        checkbox_label_text_color_selected="white",
        checkbox_background_color_selected=_TERRACOTTA_DARK,
        slider_color=_TERRACOTTA,
    )
