"""Has Instaloader read a folder of its downloads, and compares what it says with what `bowerbird posts export` wrote of the same folder.

    pip install instaloader
    node .build/scripts/make-instaloader-tree.js TREE
    bowerbird posts add TREE --to POSTS
    bowerbird posts export POSTS --output posts.jsonl
    bowerbird posts export POSTS --table users --output users.jsonl
    python3 scripts/compare-with-instaloader.py TREE posts.jsonl users.jsonl
"""

import datetime
import glob
import json
import os
import sys

import instaloader

tree, posts_path, users_path = sys.argv[1:]


def documents(path):
    with open(path, encoding="utf-8") as lines:
        return {document["_id"]: document for document in map(json.loads, lines)}


def time_of(document):
    return datetime.datetime.fromisoformat(document["time"]["$date"].replace("Z", "+00:00")).replace(tzinfo=None)


def check(name, ours, theirs):
    if ours != theirs:
        sys.exit(f"{name}: {ours!r}, and Instaloader says {theirs!r}")


posts, users = documents(posts_path), documents(users_path)
loader = instaloader.Instaloader(quiet=True)
met, left, profiles = set(), 0, 0
for path in sorted(glob.glob(os.path.join(tree, "*", "*.json.xz"))):
    read = instaloader.load_structure_from_file(loader.context, path)
    if isinstance(read, instaloader.Profile):
        user = users[read.username]
        ours = (user["followers"], user["posts_count"], user["name"])
        check(path, ours, (read.followers, read.mediacount, read.full_name))
        profiles += 1
        continue
    check(path, instaloader.Post.mediaid_to_shortcode(read.mediaid), read.shortcode)
    check(path, os.path.relpath(path, tree), f"{read.owner_username}/{read.date_utc:%Y-%m-%d_%H-%M-%S}_UTC.json.xz")
    post = posts.get(read.shortcode)
    if post is None:
        left += 1
        continue
    met.add(read.shortcode)
    ours = (post["user"], post.get("caption"), post.get("likes", -1), post["comments"], time_of(post), post["image_count"])
    theirs = (read.owner_username, read.caption, read.likes, read.comments, read.date_utc, read.mediacount)
    check(path, ours, theirs)
check("posts", len(posts), len(met))
print(f"{len(met)} posts and {profiles} users are the same, {left} posts are not in the table (videos, deleted pictures)")
