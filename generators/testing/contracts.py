"""The promises of each kind of generator as tests; see `generators.testing`."""

from __future__ import annotations

import dataclasses
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, ClassVar
from unittest import SkipTest

import numpy as np

from emotion_embed.track import EmotionTrack
from generators import registry
from generators.contracts import Motion, Segment, Speech
from generators.spec import KINDS, GeneratorSpec, RuntimeConfig, kind_of, resolve
from generators.testing.checks import ROUNDING_S, check_motion, check_speech, expect, expect_bad_input
from generators.testing.samples import constant_track, n_values_in, noise, sample_motion, sample_speech, sample_track
from generators.timeline import place

HEAVY_MODULES = (
    "cv2", "diffusers", "faster_whisper", "gradio", "mediapipe", "moviepy", "numba", "onnxruntime", "scipy", "torch",
    "transformers",
)  # fmt: skip
SAMPLE_TEXT = "My mother makes marmalade. Would you believe it, she puts a pepper in!"
FRAME_RATES = (23.976, 29.97, 50.0)  # that no part of speech is a whole number of frames long at
_PAUSE_S = 0.7
_ABSURD = (-1e9, 1e9)
_MOST_JOIN = 1.5  # of the largest step elsewhere


class GeneratorContract:
    """What every generator promises before it is loaded, and how it is loaded.

    Attributes:
        place: "module:NAME" of its `GeneratorSpec`, as in the entry point.
        bad_options: values that its config class must refuse with `BadInput`.
    """

    place: ClassVar[str]
    bad_options: ClassVar[Mapping[str, Any]] = {}

    @property
    def spec(self) -> GeneratorSpec:
        """Its description."""
        return resolve(self.place)

    def generator(self) -> Any:
        """The generator, loaded once for all tests; skips the test where a package that it needs is absent."""
        if absent := self.spec.missing():
            raise SkipTest(f"{self.spec.name} needs {absent[0]}: {self.spec.install}")
        return _loaded(self.place)

    def test_its_spec_says_what_it_is(self) -> None:
        """The spec has a kind, a name, a summary, what mends an absent package, and numbers that can be."""
        spec = self.spec
        expect(isinstance(spec, GeneratorSpec), f"{self.place} is no GeneratorSpec.")
        expect(spec.kind in KINDS, f"kind is {spec.kind!r}; it must be one of {KINDS}.")
        expect(spec.name and ":" not in spec.name and spec.name == spec.name.strip(), f"{spec.name!r} is no name.")
        expect(spec.summary, "summary is empty; help texts show it.")
        expect(not spec.requires or spec.install, "install is empty: it says what mends an absent package.")
        expect(spec.native_fps is None or spec.native_fps > 0, "native_fps must be positive.")
        expect(spec.window_s is None or spec.window_s > 0, "window_s must be positive.")
        expect(spec.min_vram_gb >= 0, "min_vram_gb must not be negative.")

    def test_its_spec_is_light_to_import(self) -> None:
        """To import the module of the spec alone imports none of `HEAVY_MODULES`."""
        module = self.place.partition(":")[0]
        code = f"import sys, {module}; print(' '.join(sys.modules))"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        heavy = sorted(set(HEAVY_MODULES) & set(done.stdout.split()))
        expect(not heavy, f"To import {module} imports {heavy} too; import those where they are used.")

    def test_its_weights_are_known(self) -> None:
        """The catalogue knows every checkpoint that the spec names, and own weights lie where they should."""
        import checkpoints

        unknown = sorted(set(self.spec.weights) - set(checkpoints.catalog()))
        expect(not unknown, f"The catalogue has no {unknown}.")
        for name in self.spec.own_weights:
            expect(checkpoints.weights_path(name).is_dir(), f"There are no weights called {name}.")

    def test_it_is_made_like_all_others(self) -> None:
        """`from_pretrained` takes what every generator's does; without it the factory takes at most the config."""
        if absent := self.spec.missing():
            raise SkipTest(f"{self.spec.name} needs {absent[0]}: {self.spec.install}")
        factory = resolve(self.spec.factory)
        if not hasattr(factory, "from_pretrained"):
            expect(len(inspect.signature(factory).parameters) <= 1, "Without from_pretrained it is made of its config.")
            return
        parameters = inspect.signature(factory.from_pretrained).parameters
        expect(
            list(parameters) == ["name_or_folder", "revision", "config", "progress"], f"It takes {list(parameters)}."
        )
        for name, parameter in parameters.items():
            expect(parameter.default is None, f"from_pretrained: {name} must be None by default.")
            is_keyword = parameter.kind is inspect.Parameter.KEYWORD_ONLY
            expect(
                is_keyword == (name != "name_or_folder"), f"from_pretrained: all but the first are keywords: {name}."
            )

    def test_its_options_have_limits(self) -> None:
        """The config is a frozen dataclass; unknown options and senseless values raise `BadInput`."""
        spec, kind = self.spec, self.spec.config_class()
        expect_bad_input(lambda: spec.make_config({"no_such_option": 1}), "It takes an option that there is not.")
        if kind is None:
            return
        expect(dataclasses.is_dataclass(kind), f"{spec.config} is no dataclass.")
        expect(spec.make_config() == spec.make_config({}, RuntimeConfig()), "The usual runtime changes its options.")
        expect(kind.__dataclass_params__.frozen, f"{spec.config} must be frozen.")
        for name, value in self.bad_options.items():
            expect_bad_input(lambda n=name, v=value: spec.make_config({n: v}), f"It takes {value!r} for {name}.")
        for field in dataclasses.fields(kind):
            if kind_of(field) in ("int", "float") and field.name != "seed":
                self._expect_limits(field.name, kind_of(field))

    def _expect_limits(self, name: str, kind: str) -> None:
        spec = self.spec
        expect_bad_input(lambda: spec.make_config({name: "many"}), f"It takes “many” for {name}.")
        for value in (*_ABSURD, *([float("nan")] if kind == "float" else [])):
            expect_bad_input(lambda v=value: spec.make_config({name: v}), f"It takes {value:g} for {name}.")


class VoiceContract(GeneratorContract):
    """What a voice promises: every sound and word with its time, in order, inside the sound."""

    text: ClassVar[str] = SAMPLE_TEXT

    def test_its_voices_are_listed(self) -> None:
        """The voices have names of their own, belong to this generator, and the default one is among them."""
        spec = self.spec
        expect(spec.voices, "voices is empty; `mien voices` would not show it.")
        voices = resolve(spec.voices or "")()
        expect(voices, "It lists no voice.")
        expect(all(voice.generator == spec.name for voice in voices), "A voice belongs to another generator.")
        expect(len({voice.name for voice in voices}) == len(voices), "Two voices have one name.")
        expect(spec.default_voice in {voice.name for voice in voices}, f"{spec.default_voice} is not among its voices.")

    def test_speech_has_exact_times_and_is_the_same_again(self) -> None:
        """Speech holds what `Speech` promises, and one text gives the same samples twice."""
        first, second = self.speak(), self.speak()
        check_speech(first, self.text)
        same = all(np.array_equal(a.audio.samples, b.audio.samples) for a, b in zip(first, second, strict=True))
        expect(same, "The same text gives another sound the second time.")

    def test_it_takes_prosody_word_by_word(self) -> None:
        """Speech keeps its promises under a prosody that is asked for at each place in the text."""
        from generators.voice.prosody.prosody import Prosody

        check_speech(self.speak(prosody=lambda char_offset: Prosody()), self.text)

    def test_what_it_cannot_speak_is_refused_at_once(self) -> None:
        """A voice that there is not raises `BadInput` from `stream` itself, before any part is asked for."""
        voice = self.generator()
        expect_bad_input(lambda: voice.stream(self.text, voice="no such voice"), "It takes a voice that there is not.")

    def test_it_keeps_pauses(self) -> None:
        """A pause lasts at least as long as asked for; looked at only where the spec says that it takes pauses."""
        if not self.spec.pauses:
            return
        at = self.text.index(" ", len(self.text) // 3)
        words = [word for part in place(self.speak(pauses=[(at, _PAUSE_S)])) for word in part.words]
        before = max(word.end_s for word in words if word.char_end <= at)
        after = min(word.start_s for word in words if word.char_start >= at)
        expect(after - before >= _PAUSE_S - ROUNDING_S, f"A pause of {_PAUSE_S} s lasts {after - before:.3f} s.")

    def speak(self, **options: Any) -> list[Speech]:
        """The sample text, asked for as the product asks."""
        return list(self.generator().stream(self.text, voice=self.spec.default_voice, language=None, **options))


class MotionContract(GeneratorContract):
    """What a motion source promises: the frames beside each part of speech, going on from those before."""

    def test_every_part_has_the_frames_beside_it(self) -> None:
        """Each part gets exactly its frames at all `FRAME_RATES`, parts shorter than a frame and empty ones too."""
        for fps in FRAME_RATES:
            parts = list(place([*sample_speech(), noise(0.007), noise(0.0), noise(0.031)], sample_track()))
            performer = self.generator().start(fps=fps)
            for part in parts:
                check_motion(performer.perform(part), len(part.frames(fps)), fps)

    def test_the_same_seed_moves_the_same_whoever_moves_beside_it(self) -> None:
        """Performances with one seed are equal, though another is made in turn with them."""
        parts = list(place(sample_speech(), sample_track()))
        alone = [self.generator().start(seed=5).perform(part) for part in parts[:1]]
        one, other = self.generator().start(seed=5), self.generator().start(seed=5)
        for part in parts:
            a, b = one.perform(part), other.perform(part)
            expect(_is_same(a, b), "Two performances with one seed differ.")
            alone.append(a)
        expect(_is_same(alone[0], alone[1]), "A performance depends on what was performed before.")

    def test_no_jump_between_parts(self) -> None:
        """The largest step where parts meet is hardly larger than elsewhere, for face and head."""
        motions = self.perform()
        ends = np.cumsum([len(motion) for motion in motions])[:-1]
        for name in ("blendshapes", "head_rotation_deg", "head_translation_cm"):
            values = np.concatenate([getattr(motion, name) for motion in motions])
            steps = np.abs(np.diff(values, axis=0)).max(1)
            at_joins, elsewhere = steps[ends - 1].max(), np.delete(steps, ends - 1).max()
            expect(
                at_joins <= _MOST_JOIN * elsewhere + 1e-6,
                f"{name}: a step of {at_joins:.3f} where parts meet, of {elsewhere:.3f} elsewhere.",
            )

    def test_a_feeling_shows(self) -> None:
        """Joy moves otherwise than sadness; looked at only where the spec says that it consumes emotion."""
        if "emotion" in self.spec.consumes:
            glad, sad = (self.perform(track=constant_track(name)) for name in ("joy:1", "sadness:1"))
            expect(not all(map(_is_same, glad, sad)), "Joy and sadness look the same.")

    def test_it_forgets_what_is_past(self) -> None:
        """What a performance holds in memory does not grow with the speech that is behind it."""
        performer, sizes = self.generator().start(), []
        for i, part in enumerate(place(noise(1.5, level=0.0) for _ in range(24))):
            performer.perform(part)
            if i in (7, 23):
                sizes.append(n_values_in(performer))
        expect(sizes[1] < 1.2 * sizes[0], f"After 12 s it holds {sizes[0]} numbers, after 36 s {sizes[1]}.")

    def test_a_senseless_frame_rate_is_refused(self) -> None:
        """Rates that are zero, negative or not a number raise `ValueError`."""
        for fps in (0.0, -25.0, float("nan")):
            try:
                self.generator().start(fps=fps)
            except ValueError:
                continue
            raise AssertionError(f"It starts at {fps} frames per second.")

    def perform(self, *, track: EmotionTrack | None = None, fps: float = 25.0) -> list[Motion]:
        """The motion beside the sample speech, one of each part."""
        performer = self.generator().start(fps=fps)
        return [performer.perform(part) for part in place(sample_speech(), track or sample_track())]


class HeadContract(GeneratorContract):
    """What a frame source promises: a portrait analysed once, and as many frames as there is speech."""

    size: ClassVar[tuple[int, int]] = (144, 192)

    def image(self) -> np.ndarray:
        """A photo (h, w, 3) uint8 of one face: that of the demo."""
        import checkpoints
        from generators.head.portrait import read_portrait

        return read_portrait(checkpoints.path("portrait-astronaut") / "astronaut.png")

    def test_a_portrait_says_its_size_and_its_remarks(self) -> None:
        """A portrait has the size asked for, even sides and remarks in words; a photo may have alpha."""
        head = self.generator()
        for size in (self.size, None):
            portrait = head.analyse(self.image(), size=size)
            expect(size is None or tuple(portrait.size) == size, f"The portrait is {portrait.size}, not {size}.")
            expect(all(side > 0 and side % 2 == 0 for side in portrait.size), f"{portrait.size} is not even.")
            expect(all(isinstance(remark, str) for remark in portrait.remarks), "remarks must be sentences.")
        with_alpha = np.dstack([self.image(), np.full(self.image().shape[:2], 255, np.uint8)])
        expect(head.analyse(with_alpha, size=self.size, background=(9, 9, 9)).size == self.size, "Alpha is not taken.")

    def test_every_segment_has_its_frames(self) -> None:
        """Each segment gets exactly its frames, RGB uint8 of the portrait's size."""
        for fps in [self.spec.native_fps] if self.spec.native_fps else [*FRAME_RATES]:
            frames = list(self.render(fps))
            n_frames = sum(len(segment.speech.frames(fps)) for segment in self.segments(fps))
            expect(len(frames) == n_frames, f"{len(frames)} frames where speech lasts {n_frames}.")
            width, height = self.size
            for frame in frames:
                expect(frame.dtype == np.uint8 and frame.shape == (height, width, 3), f"A frame is {frame.shape}.")

    def test_frames_are_kept_apart_and_the_same_again(self) -> None:
        """Frames share no memory, do not all look alike, and come out the same a second time."""
        once, again = list(self.render()), [frame.copy() for frame in self.render()]
        expect(len({id(frame) for frame in once}) == len(once), "Frames share their memory.")
        expect(all(map(np.array_equal, once, again)), "The same segments and seed give other frames.")
        expect(any(not np.array_equal(once[0], frame) for frame in once), "The picture stands still.")

    def test_frames_come_before_speech_has_ended(self) -> None:
        """The first frame comes before all speech is taken; looked at only where the spec says that it streams."""
        if not self.spec.streams:
            return
        taken: list[Segment] = []
        segments = self.segments(self.fps) * 3

        def told() -> Iterator[Segment]:
            for segment in segments:
                taken.append(segment)
                yield segment

        frames = self.generator().render(self.portrait(), told(), fps=self.fps)
        next(frames)
        expect(len(taken) < len(segments), "No frame comes until all speech is taken.")
        _close(frames)

    def test_what_is_closed_ends(self) -> None:
        """Frames that are closed early leave no thread behind that would keep the process alive."""
        before = set(threading.enumerate())
        frames = self.render()
        next(frames)
        _close(frames)
        left = [thread for thread in set(threading.enumerate()) - before if not thread.daemon]
        for thread in left:
            thread.join(2)
        expect(not any(thread.is_alive() for thread in left), f"Threads go on: {left}.")

    @property
    def fps(self) -> float:
        """The rate that it is asked for."""
        return self.spec.native_fps or 25.0

    def portrait(self) -> Any:
        """The sample photo, analysed."""
        return _analysed(type(self))

    def segments(self, fps: float) -> list[Segment]:
        """The sample speech, with motion where the head consumes one."""
        parts = place(sample_speech(), sample_track())
        is_moved = "motion" in self.spec.consumes
        return [Segment(part, sample_motion(part, fps) if is_moved else None) for part in parts]

    def render(self, fps: float | None = None) -> Iterator[np.ndarray]:
        """Frames of the sample speech."""
        fps = fps or self.fps
        return iter(self.generator().render(self.portrait(), iter(self.segments(fps)), seed=1, fps=fps))


def _close(frames: Iterator[np.ndarray]) -> None:
    """End an iterator as the product does."""
    getattr(frames, "close", lambda: None)()


def _is_same(a: Motion, b: Motion) -> bool:
    names = ("blendshapes", "head_rotation_deg", "head_translation_cm", "breath")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


@cache
def _analysed(contract: type[HeadContract]) -> Any:
    return contract().generator().analyse(contract().image(), size=contract.size)


@cache
def _loaded(place: str) -> Any:
    spec: GeneratorSpec = resolve(place)
    return registry.make(spec, config=spec.make_config())
