"""The page of `foreshock replay --report`: what a run came to, for people, in Chinese and English.

`collecting` follows the run in bounded memory, `figures` are the plain numbers it gives, `sections` say them in words
and charts, and `page` makes one file of them that opens anywhere, without a network.
"""
