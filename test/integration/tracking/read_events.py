"""Reads folders of event files with TensorBoard's own readers. A line of input: {folders}; of output: what is in each."""

import base64
import io
import json
import math
import sys

from PIL import Image
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.projector import projector_config_pb2
from tensorboard.util import tensor_util
from google.protobuf import json_format, text_format


def number(value):
    """JSON has no words for these."""
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        image = image.convert("RGBA")
        return {"size": image.size, "rgba": list(image.tobytes())}


def read(folder):
    everything = {name: 0 for name in event_accumulator.DEFAULT_SIZE_GUIDANCE}
    events = event_accumulator.EventAccumulator(folder, size_guidance=everything)
    events.Reload()
    tags = events.Tags()
    answer = {"scalars": {}, "images": {}, "audio": {}, "texts": {}, "histograms": {}}
    for tag in tags["scalars"]:
        answer["scalars"][tag] = [[e.step, number(e.value), e.wall_time] for e in events.Scalars(tag)]
    for tag in tags["images"]:
        answer["images"][tag] = [
            {"step": e.step, "width": e.width, "height": e.height, **pixels(e.encoded_image_string)}
            for e in events.Images(tag)
        ]
    for tag in tags["audio"]:
        answer["audio"][tag] = [
            {
                "step": e.step,
                "wave": base64.b64encode(e.encoded_audio_string).decode(),
                "content_type": e.content_type,
                "sample_rate": e.sample_rate,
                "length_frames": e.length_frames,
            }
            for e in events.Audio(tag)
        ]
    for tag in tags["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        values = [(e.step, tensor_util.make_ndarray(e.tensor_proto)) for e in events.Tensors(tag)]
        if plugin == "text":
            answer["texts"][tag] = [[step, value.item().decode()] for step, value in values]
        elif plugin == "histograms":
            answer["histograms"][tag] = [[step, value.tolist()] for step, value in values]
    contents = events.PluginTagToContent("hparams")
    start = hparams.parse_session_start_info_plugin_data(contents[hparams.SESSION_START_INFO_TAG])
    answer["start"] = {
        "params": {key: json_format.MessageToDict(value) for key, value in start.hparams.items()},
        "group": start.group_name,
        "time": start.start_time_secs,
    }
    ended = contents.get(hparams.SESSION_END_INFO_TAG)
    if ended is not None:
        end = hparams.parse_session_end_info_plugin_data(ended)
        answer["end"] = {"status": end.status, "time": end.end_time_secs}
    try:
        with open(f"{folder}/projector_config.pbtxt", encoding="utf-8") as file:
            config = text_format.Parse(file.read(), projector_config_pb2.ProjectorConfig())
        answer["projector"] = json_format.MessageToDict(config, preserving_proto_field_name=True)
    except FileNotFoundError:
        answer["projector"] = {}
    return answer


for line in sys.stdin:
    print(json.dumps([read(folder) for folder in json.loads(line)["folders"]]), flush=True)
