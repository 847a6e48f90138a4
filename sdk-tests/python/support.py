"""What the scripts have in common."""

import json
import os
import time

import voucherify

configuration = voucherify.Configuration(
    host=os.environ["GUERDON_URL"],
    api_key={"X-App-Id": os.environ["GUERDON_APP_ID"], "X-App-Token": os.environ["GUERDON_APP_TOKEN"]},
)
client = voucherify.ApiClient(configuration)
async_actions = voucherify.AsyncActionsApi(client)
campaigns = voucherify.CampaignsApi(client)


def step(text):
    print(f"ok  {text}")


def refused(call, status, key=None):
    try:
        call()
    except voucherify.ApiException as error:
        assert error.status == status, error
        answer = json.loads(error.body)
        assert answer["code"] == status, answer
        assert key is None or answer["key"] == key, answer
        return answer
    raise AssertionError("this should have been refused")


def finished(started):
    assert started.async_action_id
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        action = async_actions.get_async_action(started.async_action_id)
        if action.status in ("DONE", "FAILED"):
            return action
        time.sleep(0.02)
    raise AssertionError(f"async action {started.async_action_id} does not end")


def generated(campaign):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = campaigns.get_campaign(campaign)
        if found.creation_status == "DONE":
            return found
        time.sleep(0.02)
    raise AssertionError(f"the vouchers of {campaign} are not generated")
