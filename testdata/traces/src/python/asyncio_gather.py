"""A task group collects what its tasks raise."""
import asyncio


async def fetch(shard):
    await asyncio.sleep(0)
    if shard == 2:
        raise ConnectionResetError(104, "Connection reset by peer")
    raise TimeoutError(f"shard {shard} did not answer")


async def search():
    async with asyncio.TaskGroup() as group:
        for shard in (1, 2):
            group.create_task(fetch(shard))


asyncio.run(search())
