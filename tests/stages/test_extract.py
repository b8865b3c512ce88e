"""The stage `extract`."""

import numpy as np

from pipeline.config import Extract
from pipeline.models.baselines import PixelModel
from pipeline.stages.extract import extract


def test_latents_are_the_codes_of_fitted_and_held_out_images(images, recorder):
    model = PixelModel(images.shape)
    latents = extract(Extract(batch_size=10), model, images, recorder)
    np.testing.assert_array_equal(latents.fitted, model.encode(images.fitted))
    np.testing.assert_array_equal(latents.held_out, model.encode(images.held_out))
    assert latents.shape == [8, 8, 1]
    assert recorder.steps[0] == (10, 128)
    assert recorder.steps[-1] == (128, 128)
    assert [done for done, _ in recorder.steps] == sorted(done for done, _ in recorder.steps)
