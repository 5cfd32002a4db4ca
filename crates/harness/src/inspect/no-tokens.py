# Counts tokens cheaply in place of a table that Inspect would fetch from the network.
import sys, types
class Enc:
    def encode(self, text, **_): return [0] * (len(text) // 4)
    def encode_ordinary(self, text): return self.encode(text)
m = types.ModuleType("tiktoken"); m.Encoding = Enc
m.get_encoding = lambda n: Enc(); m.encoding_for_model = lambda n: Enc()
sys.modules["tiktoken"] = m
