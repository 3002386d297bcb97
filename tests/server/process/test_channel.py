"""Messages arrive whole and in order, whatever their size and however the bytes come."""

import asyncio
import socket

import numpy as np
import pytest

from atomtug.server.process.channel import BlockingChannel, encode, read_message


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    channel = BlockingChannel(other.detach())
    with one:
        yield one, channel


def test_messages_come_out_as_they_went_in_and_then_the_end_is_told(ends):
    ours, channel = ends
    sent = [{"a": 1}, np.arange(1000.0), "three"]
    assert not channel.poll(0.0)
    ours.sendall(b"".join(encode(message) for message in sent))
    assert channel.poll(None)
    first, second, third = (channel.receive() for _ in sent)
    assert (first, third) == (sent[0], sent[2])
    np.testing.assert_array_equal(second, sent[1])
    ours.close()
    with pytest.raises(EOFError):
        channel.receive()


def test_a_message_that_comes_byte_by_byte_is_whole():
    async def receive() -> object:
        reader = asyncio.StreamReader()
        for byte in encode(["a", "message"]):
            reader.feed_data(bytes([byte]))
        message = await read_message(reader)
        reader.feed_eof()
        with pytest.raises(EOFError):
            await read_message(reader)
        return message

    assert asyncio.run(receive()) == ["a", "message"]


def test_a_connection_that_ends_within_a_message_is_an_end(ends):
    ours, channel = ends
    ours.sendall(encode("never to be whole")[:-1])
    ours.close()
    with pytest.raises(EOFError):
        channel.receive()
