"""A ward on which everything happens: two sites, needs for two resources, repeats, interruptions, missed sessions, leaving."""

BUSY = """
trialsim: 1
name: busy
title: Sessions <with> two kinds of staff & two sites
setting:
  starts: 2026-01-07
  sites: {north: 60 %, south: 40 %}
  patients:
    arrive: {every: 6 h}
    consent: 90 %
    leave: {after: {median: 4 d, cv: 0.8}, reason: discharge}
  resources:
    nurse: {units: 2, hours: daily 07:00-19:00, other_work: {share: 50 %, spell: {mean: 25 min, sd: 6 min}}, queue_limit: 2}
    room: {units: 1}
design:
  arms: {usual: usual care, massage: massage by parents}
  allocation: {method: simple}
  enroll: 40
  within: 12 months
protocol:
  - {activity: teaching, lasts: {mean: 12 min, sd: 6 min}}
  - repeat: session
    times: 3
    steps:
      - wait: {for: 10 h, until: "daily 08:00-12:00"}
      - hold: [nurse, room]
        give_up_after: 20 min
        steps:
          - visit: pre
          - {activity: massage, lasts: {mean: 16 min, sd: 2 min}, interrupted: {chance: 40 %, for: 5 min, stopped: 30 %}}
          - {attempt: needle, lasts: 4 min, succeeds: 50 %, at_most: 2, visit: draw}
          - visit: post
  - wait: {for: 1 d}
  - visit: end
outcomes:
  comfort:
    label: COMFORT
    distribution: normal
    visits: [pre 1, post 1, draw 3, end]
    level: {mean: 20, sd: 4}
    correlation: {within_session: 0.6, between_sessions: 0.5}
  slept:
    distribution: binary
    visits: [end]
    level: {chance: 40 %}
analyses:
  main: {outcome: comfort, visit: end, test: t}
primary: main
simulation: {replicates: 20, seed: 5}
"""
