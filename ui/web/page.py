"""The studio page: a portrait, words or a recording, a voice and a feeling; the clip beside them."""

# No postponed annotations here: Gradio looks for its Request among the real ones.

import html
import threading
from collections.abc import Callable, Iterator
from typing import Any

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from generators import registry
from ui.web.runs import News, Runs

TEXT, RECORDING = "Text", "Recording"
_STAGES = {"portrait": "Looking at the portrait", "video": "Making the clip", "getting ready": "Getting ready"}
_EXAMPLES = [
    ["Good morning! It is wonderful to see you again, after all this time.", "joy", 0.7],
    ["[sadness:0.8] I heard about your dog. [hope] He had a good, long life with you.", "sadness", 0.6],
    ["Wait. You did what? [anger:0.8] We agreed on this only yesterday!", "surprise", 0.8],
]


def serve(port: int, open_browser: bool, announce: Callable[[str], None]) -> None:
    """Serve the page on 127.0.0.1 until interrupted; `port` 0 takes a free one.

    `announce` is told the address once it is there. Raises `BadInput` when the port is taken.
    """
    app, runs = build_page()
    try:
        options = launch_options(runs, port)
        _, address, _ = app.launch(**options, inbrowser=open_browser, prevent_thread_lock=True, quiet=True)
        announce(address)
        threading.Event().wait()
    except OSError:
        raise BadInput(f"Port {port} is taken; choose another with --port, or 0 for any free one.") from None
    except KeyboardInterrupt:
        return  # the usual way to end it
    finally:
        runs.close()
        app.close(verbose=False)


def launch_options(runs: Runs, port: int) -> dict[str, Any]:
    """What keeps the page on this machine: its own address only, no sharing, no counting of visitors."""
    from ui.web.theme import CSS, make_theme

    return {
        "server_name": "127.0.0.1",
        "server_port": port or _free_port(),
        "share": False,
        "ssr_mode": False,
        "show_error": True,
        "footer_links": [],
        "allowed_paths": [str(runs.folder)],
        "max_file_size": "200mb",
        "theme": make_theme(),
        "css": CSS,
    }


def build_page(runs: Runs | None = None):
    """The page as a `gradio.Blocks`, and the `Runs` that render for it."""
    import gradio as gr

    runs = runs or Runs()
    with gr.Blocks(title="Mien Studio", analytics_enabled=False, delete_cache=(3600, 86400)) as app:
        gr.HTML(
            "<h1>Mien Studio</h1><p>A portrait, some words and a feeling become a talking clip, on this machine.</p>",
            elem_id="head",
        )
        with gr.Row(equal_height=False):
            with gr.Column(scale=5):
                inputs = _inputs(gr)
                with gr.Row():
                    make = gr.Button("Make the clip", variant="primary", elem_id="make", scale=3)
                    stop = gr.Button("Stop", interactive=False, elem_id="stop", scale=1)
            with gr.Column(scale=5):
                clip = gr.Video(label="Clip", interactive=False, autoplay=True, elem_id="clip", height=480)
                status = gr.HTML(_status(News()), elem_id="status")
                _examples(gr, inputs)
        _wire(gr, app, runs, inputs, make, stop, clip, status)
    return app, runs


def _inputs(gr: Any) -> dict[str, Any]:
    """The fields of a request that the page offers, in the order in which `_values` reads them."""
    from generators.head.portrait import know_heif

    know_heif()  # Gradio opens what is uploaded before we do
    portrait = gr.Image(
        _demo_portrait(),
        label="Portrait",
        type="filepath",
        image_mode=None,
        format="png",
        sources=["upload", "webcam", "clipboard"],
        height=260,
        elem_id="portrait",
    )
    source = gr.Radio([TEXT, RECORDING], value=TEXT, show_label=False, container=False, elem_id="source")
    text = gr.Textbox(
        _EXAMPLES[0][0],
        label="What to say",
        lines=3,
        max_lines=10,
        elem_id="text",
        info="A feeling can be written in: [sadness:0.6] I heard about your dog. [hope] He had a good life.",
    )
    recording = gr.Audio(
        label="Recording", type="filepath", sources=["upload", "microphone"], visible=False, elem_id="recording"
    )
    voice = gr.Dropdown(_voice_choices(), value=registry.default("voice").default_voice, label="Voice", elem_id="voice")
    with gr.Row():
        emotion = gr.Dropdown(
            [(name.capitalize(), name) for name in taxonomy.names()], value="joy", label="Feeling", elem_id="emotion"
        )
        intensity = gr.Slider(0, 1, value=0.6, step=0.05, label="Intensity", elem_id="intensity")
    with gr.Accordion("More", open=False):
        size = gr.Radio(
            [("512²", "512"), ("1024²", "1024"), ("as the photo", "photo"), "9:16", "16:9"],
            value="512",
            label="Size",
            elem_id="size",
        )
        with gr.Row():
            captions = gr.Checkbox(False, label="Captions in the picture", elem_id="captions")
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, elem_id="seed")

    source.change(
        lambda chosen: [gr.update(visible=(chosen == shown)) for shown in (TEXT, RECORDING, TEXT)],
        source,
        [text, recording, voice],
        api_visibility="private",
        show_progress="hidden",
    )
    return {
        "portrait": portrait,
        "source": source,
        "text": text,
        "recording": recording,
        "voice": voice,
        "emotion": emotion,
        "intensity": intensity,
        "size": size,
        "captions": captions,
        "seed": seed,
    }


def _demo_portrait() -> str | None:
    """The demo's portrait where it is here already; without one, the render fetches it."""
    import checkpoints
    from studio.sources import DEMO_PORTRAIT, demo_portrait

    return str(demo_portrait()) if checkpoints.is_present(DEMO_PORTRAIT) else None


def _voice_choices() -> list[tuple[str, str]]:
    from generators.voice.catalog import list_voices

    return [
        (f"{voice.name.split('_', 1)[-1].capitalize()} ({voice.language}, {voice.gender})", voice.name)
        for voice in list_voices()
        if voice.ready and voice.generator == registry.default("voice").name
    ]


def _examples(gr: Any, inputs: dict[str, Any]) -> None:
    chosen = [inputs[name] for name in ("text", "emotion", "intensity")]
    gr.Examples(_EXAMPLES, chosen, label="Try one", api_visibility="private")


def _wire(gr: Any, app: Any, runs: Runs, inputs: dict[str, Any], make: Any, stop: Any, clip: Any, status: Any) -> None:
    def render(request: gr.Request, *given: Any) -> Iterator[tuple]:
        values = _values(dict(zip(inputs, given, strict=True)))
        busy = gr.update(interactive=False), gr.update(interactive=True)
        idle = gr.update(interactive=True), gr.update(interactive=False)
        for news in runs.render(request.session_hash, values):
            if news.problem:
                gr.Warning(html.escape(news.problem))
            ended = news.clip or news.problem or news.stopped
            shown = str(news.clip.path) if news.clip else gr.skip()
            yield shown, _status(news), *(idle if ended else busy)

    def interrupt(request: gr.Request) -> None:
        runs.stop(request.session_hash)

    # Said before the queue, where the clip of another tab may have to be waited for.
    ready = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    make.click(lambda: _status(News("getting ready")), None, status, **ready).then(
        render,
        list(inputs.values()),
        [clip, status, make, stop],
        show_progress="hidden",
        concurrency_limit=1,
        api_visibility="private",
    )
    stop.click(interrupt, queue=False, show_progress="hidden", api_visibility="private")
    app.unload(interrupt)


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """The page's fields as fields of a `RenderRequest`."""
    said = {"text": given["text"] or ""} if given["source"] == TEXT else {"audio": given["recording"]}
    strength = f"{given['intensity']:.2f}"
    return {
        **said,
        "portrait": given["portrait"],
        "voice": given["voice"],
        "emotion": f"{given['emotion']}:{strength}",
        "size": given["size"],
        "captions": bool(given["captions"]),
        "seed": int(given["seed"] or 0),
    }


def _status(news: News) -> str:
    """The line under the clip: a bar while it is made, then what came of it."""
    if news.problem:
        return f'<div class="mien-status bad">{html.escape(news.problem)}</div>'
    if news.clip:
        made_s = news.clip.report["timings_s"]["whole"]
        warned = "".join(f"<br>{html.escape(sentence)}" for sentence in news.clip.report["warnings"])
        return f'<div class="mien-status">{news.clip.duration_s:.1f} s of clip, made in {made_s:.1f} s.{warned}</div>'
    if news.stopped or not news.stage:
        return f'<div class="mien-status">{"Stopped." if news.stopped else "The clip will appear here."}</div>'
    stage = _STAGES.get(news.stage, f"Fetching {news.stage.removeprefix('weights ')} (once)")
    bar = f'<div class="mien-bar"><i style="width:{news.share:.1%}"></i></div>'
    return f'<div class="mien-status">{html.escape(stage)} · {news.share:.0%}{bar}</div>'


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
