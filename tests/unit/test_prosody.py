"""Ways of speaking as numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from generators.voice.prosody.prosody import (
    COLUMNS,
    N_COLUMNS,
    PLAIN,
    PLAIN_ROW,
    SPECTRUM,
    STYLE,
    Prosody,
    prosody_at,
    within_limits,
)


def test_a_row_and_back():
    rich = Prosody(rate=1.2, aspiration=0.3, spectrum_db=tuple(range(10)), style=tuple(i / 20 for i in range(32)))
    assert Prosody.from_row(rich.row()) == rich
    assert Prosody.from_row(PLAIN_ROW) == PLAIN == Prosody()
    assert len(COLUMNS) + 10 + 32 == N_COLUMNS and SPECTRUM.stop == STYLE.start


def test_stretches_hold_from_their_offset_on():
    loud, slow = Prosody(energy_db=3), Prosody(rate=0.8)
    rows = prosody_at([(5, loud), (10, slow)], [0, 5, 9, 10, 40])
    assert rows[:, COLUMNS["energy_db"]].tolist() == [3, 3, 3, 0, 0]
    assert rows[:, COLUMNS["rate"]].tolist() == [1, 1, 1, 0.8, 0.8]
    assert prosody_at(lambda offset: Prosody(rate=1 + offset / 100), [0, 50])[:, 0].tolist() == [1, 1.5]
    assert (prosody_at(None, [3]) == PLAIN_ROW).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=N_COLUMNS, max_size=N_COLUMNS))
def test_values_are_kept_within_what_a_voice_can_do(values):
    row = within_limits(np.array([values]))[0]
    assert 0.5 <= row[COLUMNS["rate"]] <= 2 and -12 <= row[COLUMNS["pitch_semitones"]] <= 12
    assert 0 <= row[COLUMNS["aspiration"]] <= 1 and np.abs(row[SPECTRUM]).max() <= 15 and np.abs(row[STYLE]).max() <= 3


@pytest.mark.parametrize(
    "bad",
    [
        Prosody(rate=float("nan")),
        Prosody(spectrum_db=(0.0,) * 9 + (float("inf"),)),
        Prosody(style=(0.0,)),
        [(5, PLAIN), (1, PLAIN)],
    ],
)
def test_senseless_settings_are_refused(bad):
    with pytest.raises(BadInput):
        prosody_at(bad, [0])
