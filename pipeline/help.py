"""What `--help` says, put together from the configuration folder without importing anything heavy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.paths import conf_dir

HEAD = """\
Train a convolutional autoencoder, cluster its bottleneck, draw it, score it, and keep every run in MLflow.

usage: python -m pipeline [stage=…] [group=choice …] [group.key=value …]
       python -m pipeline --multirun key=a,b,c          a sweep: every combination, one parent run

examples
  python -m pipeline                                    the main job: all stages on MNIST
  python -m pipeline data=digits                        a quick look on 1,797 small digits
  python -m pipeline cluster=kmeans cluster.k=12        another clusterer; finished stages are reused
  python -m pipeline stage=[cluster,evaluate] manifold=none
  python -m pipeline data=image_folder data.path=FOLDER data.image_size=32
  python -m pipeline stage=assign input=FOLDER_OR_FILE  clusters of new images, as a table
  python -m pipeline --multirun model.latent_dim=8,16,32,64
  python -m pipeline --multirun sweep=clusterers
"""
TAIL = """\
more
  --cfg job            print the composed configuration and stop
  --info defaults      print which file each part comes from
  --hydra-help         Hydra's own options
  HYDRA_FULL_ERROR=1   show tracebacks
"""


def help_text() -> str:
    """Return the help: usage, the stages in their order, the groups with their choices, the default first."""
    from pipeline.stage_names import ON_DEMAND, STAGES

    stages = "\n".join(f"  {name:<11}{what}" for name, what in STAGES.items())
    uses = "\n".join(f"  {name:<11}{what}" for name, what in ON_DEMAND.items())
    groups = "\n".join(f"  {name:<11}{choices}" for name, choices in _groups(conf_dir()))
    return "\n".join(
        [
            HEAD,
            "stages (stage=all runs them in this order; what is finished already is reused)",
            stages,
            "\nstages on demand (one at a time, with the newest finished run or run=ID)",
            uses,
            "\ngroups (group=choice; the choice in brackets is the default)",
            groups,
            "\n" + TAIL,
        ]
    )


def _groups(conf: Path) -> Iterator[tuple[str, str]]:
    defaults = dict(_defaults(conf / "config.yaml"))
    for folder in sorted(path for path in conf.iterdir() if path.is_dir()):
        default = defaults.get(folder.name, "")
        names = sorted((file.stem for file in folder.glob("*.yaml")), key=lambda name: (name != default, name))
        if names:
            yield folder.name, "  ".join(f"[{name}]" if name == default else name for name in names)


def _defaults(file: Path) -> Iterator[tuple[str, str]]:
    """Pairs of group and choice in the defaults list, read without a YAML parser: it would be the slowest part."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("  - ") and ": " in line:
            group, _, choice = line[4:].removeprefix("optional ").partition(": ")
            yield group, choice.strip()
