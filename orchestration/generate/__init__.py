"""Generated logs: realistic landing zones of any size, and the small sample that tells a story.

Everything in them is invented: names, addresses at example.com, phone numbers from the ranges kept for fiction.
Nothing here reads a landing zone, and nothing imports Dagster or dbt.
"""

from orchestration.generate.command import run
from orchestration.generate.logs import GenerateReport, generate
from orchestration.generate.sample import write_sample
from orchestration.generate.story import STORY, StoryCase
from orchestration.generate.story_time import SAMPLE_AS_OF

__all__ = ["SAMPLE_AS_OF", "STORY", "GenerateReport", "StoryCase", "generate", "run", "write_sample"]
