// PyTorch sources in the usual style; parameters are the published ones, dims those of the documentation's formulas.
import assert from 'node:assert/strict';
import { named, python, shown } from './layersOf';

const head = 'import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n';

describe('PyTorch layers in source', () => {
  it('LeNet: symbolic, and exact once an input is stated', async () => {
    const net = `${head}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x):
        size = x.size()[1:]
        num_features = 1
        for s in size:
            num_features *= s
        return num_features

net = Net()
`;
    const symbolic = await python(net);
    assert.equal(shown(named(symbolic, 'nn.Conv2d', 0).outputDims), 'N × 6 × (H − 4) × (W − 4)');
    assert.equal(named(symbolic, 'Net').parameters, 61706);
    const exact = await python(`${net}out = net(torch.randn(4, 1, 32, 32))\n`);
    assert.equal(shown(named(exact, 'view').outputDims), '4 × 400');
    assert.equal(shown(named(exact, 'nn.Linear', 2).outputDims), '4 × 10');
    assert.equal(named(exact, 'nn.Linear', 2).total, 61706);
    assert.equal(named(exact, 'nn.Linear', 0).note, undefined);
    const wrong = await python(`${net}out = net(torch.randn(4, 1, 28, 28))\n`);
    assert.match(named(wrong, 'nn.Linear', 0).note!, /It expects 400 features, gets 256/);
  });

  it('AlexNet: 61,100,840', async () => {
    const layers = await python(`${head}
class AlexNet(nn.Module):
    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        x = self.classifier(x)
        return x
`);
    const last = named(layers, 'nn.Linear', 2);
    assert.equal(last.total, 61_100_840);
    assert.equal(last.note, 'With num_classes = 1000, its default.');
    assert.equal(shown(named(layers, 'torch.flatten').outputDims), 'N × 9216');
    assert.equal(shown(named(layers, 'nn.Conv2d', 0).outputDims), 'N × 64 × (⌊(H + 1)/4⌋ − 1) × (⌊(W + 1)/4⌋ − 1)');
  });

  it('VGG-16 from a list: 138,357,544', async () => {
    const layers = await python(`${head}
cfg = {'VGG16': [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M']}

class VGG(nn.Module):
    def __init__(self, vgg_name, classes=1000):
        super(VGG, self).__init__()
        self.features = self._make_layers(cfg[vgg_name])
        self.classifier = nn.Sequential(nn.Linear(512 * 7 * 7, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, classes))

    def forward(self, x):
        out = self.features(x)
        out = out.view(out.size(0), -1)
        out = self.classifier(out)
        return out

    def _make_layers(self, cfg):
        layers = []
        in_channels = 3
        for x in cfg:
            if x == 'M':
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            else:
                layers += [nn.Conv2d(in_channels, x, kernel_size=3, padding=1), nn.ReLU(inplace=True)]
                in_channels = x
        return nn.Sequential(*layers)

from torchsummary import summary
model = VGG('VGG16')
summary(model, (3, 224, 224))
`);
    assert.equal(named(layers, 'VGG').parameters, 138_357_544);
    assert.equal(shown(named(layers, 'VGG').outputDims), 'N × 1000');
    assert.equal(shown(named(layers, 'view').outputDims), 'N × 25088');
    assert.match(named(layers, 'nn.Conv2d').note!, /In the loop, or for .*N × 64 × 224 × 224/);
  });

  it('ResNet-18 of nested blocks: 11,689,512', async () => {
    const layers = await python(`${head}
class BasicBlock(nn.Module):
    expansion = 1
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(nn.Conv2d(in_planes, self.expansion * planes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(self.expansion * planes))
    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)

class ResNet(nn.Module):
    def __init__(self, block, num_blocks, num_classes=1000):
        super().__init__()
        self.in_planes = 64
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._make_layer(block, 64, num_blocks[0], stride=1)
        self.layer2 = self._make_layer(block, 128, num_blocks[1], stride=2)
        self.layer3 = self._make_layer(block, 256, num_blocks[2], stride=2)
        self.layer4 = self._make_layer(block, 512, num_blocks[3], stride=2)
        self.linear = nn.Linear(512 * block.expansion, num_classes)
    def _make_layer(self, block, planes, num_blocks, stride):
        strides = [stride] + [1] * (num_blocks - 1)
        layers = []
        for stride in strides:
            layers.append(block(self.in_planes, planes, stride))
            self.in_planes = planes * block.expansion
        return nn.Sequential(*layers)
    def forward(self, x):
        out = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        out = self.layer1(out)
        out = self.layer2(out)
        out = self.layer3(out)
        out = self.layer4(out)
        out = F.adaptive_avg_pool2d(out, 1)
        out = out.view(out.size(0), -1)
        return self.linear(out)

def ResNet18():
    return ResNet(BasicBlock, [2, 2, 2, 2])
`);
    assert.equal(named(layers, 'ResNet').parameters, 11_689_512);
    const sequences = layers.filter(({ type }) => type === 'nn.Sequential').map(({ outputDims }) => shown(outputDims));
    assert.ok(sequences.includes('N × 512 × ⌈H/32⌉ × ⌈W/32⌉'), sequences.join('\n'));
    assert.equal(shown(named(layers, 'view').outputDims), 'N × 512');
  });

  it('a small GPT: dims named by the code, settings by a dataclass', async () => {
    const layers = await python(`${head}
from dataclasses import dataclass
@dataclass
class GPTConfig:
    block_size: int = 1024
    vocab_size: int = 50304
    n_layer: int = 12
    n_head: int = 12
    n_embd: int = 768
    bias: bool = True

class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.n_head = config.n_head
        self.n_embd = config.n_embd
    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)

class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = nn.Sequential(nn.Linear(config.n_embd, 4 * config.n_embd), nn.GELU(), nn.Linear(4 * config.n_embd, config.n_embd))
    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))

class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(config.vocab_size, config.n_embd),
            wpe=nn.Embedding(config.block_size, config.n_embd),
            h=nn.ModuleList([Block(config) for _ in range(config.n_layer)]),
            ln_f=nn.LayerNorm(config.n_embd),
        ))
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
    def forward(self, idx):
        b, t = idx.size()
        pos = torch.arange(0, t)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))

model = GPT(GPTConfig())
`);
    const model = named(layers, 'GPT');
    assert.equal(shown(model.outputDims), 'b × t × 50304');
    // 2·50304·768 + 1024·768 + 12·7,087,872 + 1,536: the head is not tied here.
    assert.equal(model.parameters, 2 * 50304 * 768 + 1024 * 768 + 12 * 7_087_872 + 1536);
    assert.equal(shown(named(layers, 'F.scaled_dot_product_attention').outputDims), 'b × 12 × t × 64');
  });

  it('a row of layers as a base class; what comes from elsewhere may have parameters of its own', async () => {
    const layers = await python(`${head}
import timm
from somewhere import Encoder, normalise
class ConvBNReLU(nn.Sequential):
    def __init__(self, in_planes, out_planes, kernel_size=3, stride=1):
        super().__init__(nn.Conv2d(in_planes, out_planes, kernel_size, stride, (kernel_size - 1) // 2, bias=False), nn.BatchNorm2d(out_planes), nn.ReLU6(inplace=True))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvBNReLU(3, 32, stride=2)
        self.head = nn.Linear(32, 10)
    def forward(self, x):
        return self.head(self.stem(x).mean([2, 3]))
class Tuned(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.backbone = timm.create_model('resnet50')
        self.loss = nn.CrossEntropyLoss()
        self.encoder = encoder
        self.head = nn.Linear(2048, 10)
    def forward(self, x):
        return self.head(self.backbone(self.encoder(x)))
net = Net()
y = net(torch.zeros(1, 3, 224, 224))
tuned = Tuned(Encoder())
z = nn.Linear(8, 2)(normalise(torch.zeros(4, 8)))
`);
    const net = named(layers, 'Net', 0);
    assert.equal(net.parameters, 864 + 64 + 330);
    assert.equal(shown(net.outputDims), '1 × 10');
    assert.equal(shown(named(layers, 'ConvBNReLU', 0).outputDims), '1 × 32 × 112 × 112');
    const tuned = named(layers, 'Tuned');
    assert.equal(tuned.parameters, undefined);
    const heads = layers.filter(({ type, parameters }) => type === 'nn.Linear' && parameters === 20490);
    assert.deepEqual(heads.map(({ total }) => total), [undefined, undefined]);
    assert.equal(named(layers, 'nn.Linear', layers.filter(({ type }) => type === 'nn.Linear').length - 1).total, undefined);
  });

  it('parameters and dims of one layer each, by the documentation', async () => {
    for (const [call, input, output, parameters] of [
      ['nn.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1))', '20, 16, 50, 100', '20 × 33 × 26 × 100', 7953],
      ['nn.Conv2d(8, 16, 3, padding="same", groups=4, bias=False)', '2, 8, 9, 9', '2 × 16 × 9 × 9', 288],
      ['nn.ConvTranspose2d(16, 33, 3, stride=2, padding=1, output_padding=1)', '1, 16, 12, 12', '1 × 33 × 24 × 24', 4785],
      ['nn.ConvTranspose2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2))', '20, 16, 50, 100', '20 × 33 × 93 × 100', 7953],
      ['nn.MaxPool2d(3, stride=2, ceil_mode=True)', '1, 4, 8, 7', '1 × 4 × 4 × 3', 0],
      ['nn.MaxPool2d(2, stride=2, padding=1, ceil_mode=True)', '1, 4, 5, 5', '1 × 4 × 3 × 3', 0],
      ['nn.AdaptiveAvgPool2d((None, 7))', '1, 64, 10, 9', '1 × 64 × 10 × 7', 0],
      ['nn.Bilinear(20, 30, 40)', '128, 20', '128 × 40', 24040],
      ['nn.LayerNorm([5, 10, 10])', '20, 5, 10, 10', '20 × 5 × 10 × 10', 1000],
      ['nn.GroupNorm(3, 6)', '20, 6, 10, 10', '20 × 6 × 10 × 10', 12],
      ['nn.InstanceNorm2d(100)', '20, 100, 35, 45', '20 × 100 × 35 × 45', 0],
      ['nn.Embedding(10, 3)', '2, 4', '2 × 4 × 3', 30],
      ['nn.LSTM(10, 20, 2)', '5, 3, 10', '5 × 3 × 20', 5920],
      ['nn.LSTM(10, 20, 2, batch_first=True, bidirectional=True)', '5, 3, 10', '5 × 3 × 40', 15040],
      ['nn.LSTM(10, 20, proj_size=5)', '5, 3, 10', '5 × 3 × 5', 1460],
      ['nn.GRU(10, 20, 2)', '5, 3, 10', '5 × 3 × 20', 4440],
      ['nn.RNN(10, 20, 2)', '5, 3, 10', '5 × 3 × 20', 1480],
      ['nn.TransformerEncoderLayer(d_model=512, nhead=8)', '10, 32, 512', '10 × 32 × 512', 3_152_384],
      ['nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8), num_layers=6)', '10, 32, 512', '10 × 32 × 512', 18_914_304],
      ['nn.Upsample(scale_factor=2)', '1, 1, 2, 3', '1 × 1 × 4 × 6', 0],
      ['nn.PixelShuffle(3)', '1, 9, 4, 4', '1 × 1 × 12 × 12', 0],
      ['nn.Flatten(0, 2)', '32, 1, 5, 5', '160 × 5', 0],
      ['nn.Unflatten(1, (2, 5, 5))', '2, 50', '2 × 2 × 5 × 5', 0],
      ['nn.ReflectionPad2d((1, 1, 2, 0))', '1, 1, 3, 3', '1 × 1 × 5 × 5', 0],
      ['nn.PReLU(8)', '1, 8, 3', '1 × 8 × 3', 8],
      ['nn.Conv1d(16, 33, 3, stride=2)', '20, 16, 50', '20 × 33 × 24', 1617],
      ['nn.Conv3d(16, 33, (3, 5, 2), stride=(2, 1, 1), padding=(4, 2, 0))', '20, 16, 10, 50, 100', '20 × 33 × 8 × 50 × 99', 15873],
      ['nn.LazyLinear(10)', '3, 7', '3 × 10', 80],
    ] as const) {
      const layers = await python(`${head}layer = ${call}\ny = layer(torch.randn(${input}))\n`);
      const layer = layers.find(({ name }) => name.start === `${head}layer = `.length)!;
      assert.equal(shown(layer.outputDims), output, call);
      assert.equal(layer.parameters, parameters, call);
    }
  });

  it('tensors: joins, permutations, reductions', async () => {
    for (const [code, output] of [
      ['torch.cat([x, x], dim=1)', '2 × 6 × 8 × 4'], ['x.permute(0, 2, 3, 1)', '2 × 8 × 4 × 3'], ['x.mean([2, 3])', '2 × 3'], ['x.mean(dim=(2, 3), keepdim=True)', '2 × 3 × 1 × 1'],
      ['x.flatten(2).transpose(1, 2)', '2 × 32 × 3'], ['F.interpolate(x, scale_factor=2, mode="bilinear")', '2 × 3 × 16 × 8'], ['F.pad(x, (1, 1, 2, 2))', '2 × 3 × 12 × 6'], ['x.unsqueeze(0)', '1 × 2 × 3 × 8 × 4'],
      ['torch.stack([x, x], dim=0)', '2 × 2 × 3 × 8 × 4'], ['x.reshape(2, -1)', '2 × 96'], ['torch.einsum("nchw,ck->nkhw", x, torch.randn(3, 5))', '2 × 5 × 8 × 4'], ['F.avg_pool2d(x, 2)', '2 × 3 × 4 × 2'],
    ] as const) {
      const layers = await python(`${head}x = torch.randn(2, 3, 8, 4)\ny = ${code}\n`);
      const last = [...layers].sort((a, b) => b.call.end - a.call.end || a.call.start - b.call.start)[0]!;
      assert.equal(shown(last.outputDims), output, code);
    }
  });

  it('a contradiction says itself, an unknown stays one', async () => {
    const layers = await python(`${head}
from somewhere import Encoder
def build(config, width):
    return nn.Sequential(nn.Conv2d(3, width, config.kernel), nn.Conv2d(64, 32, 3), nn.Linear(width * 2, config.classes))
net = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(64))
encoder = Encoder()
y = nn.Linear(10, 5)(encoder(torch.randn(1, 10)))
`);
    assert.equal(named(layers, 'nn.BatchNorm2d').note, 'It expects 64 channels, gets 32.');
    assert.equal(named(layers, 'nn.Conv2d', 0).parameters, '3·config.kernel²·width + width');
    assert.equal(named(layers, 'nn.Linear', 0).parameters, '2·config.classes·width + config.classes');
    assert.equal(named(layers, 'nn.Linear', 1).parameters, 55);
  });
});
