"""Generated logs: realistic landing zones of any size, and the small sample that tells a story.

Everything in them is invented: names, addresses at example.com, phone numbers from the ranges kept for fiction.
Nothing here reads a landing zone, and nothing imports Dagster or dbt.
"""

from generator.command import run
from generator.logs import GenerateReport, generate
from generator.sample import write_sample
from generator.story import STORY, StoryCase
from generator.story_time import SAMPLE_AS_OF

__all__ = ["SAMPLE_AS_OF", "STORY", "GenerateReport", "StoryCase", "generate", "run", "write_sample"]
