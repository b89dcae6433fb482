/** The architecture graph in a real window: what is seen first, opening, pointing, keys, colours, and the time of frames. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { ModelEditorPage, Window } from '../pages';
import { packWorkspace, screenshots } from '../workspaces';

describe('the architecture graph', () => {
  let workbench: Workbench, window: Window, editor: ModelEditorPage, workspace: string;

  before(async function () {
    const folder = packWorkspace({
      'squeezenet.onnx': 'converted/imagenet_squeezenet_fp32.onnx',
      'resnet50.onnx': 'structure/light_resnet50.onnx',
      'vit.onnx': 'converted/mnist_vit.onnx',
      'silero.onnx': 'onnx/audio_silero_vad_v5.onnx',
      'resnet8.h5': 'keras/cifar10_resnet8.h5',
      'bert.onnx': 'structure/bert_mlm_random_vespa.onnx',
      'guess.onnx': 'onnx/text_g2p_lstm_arpabet.onnx',
      'sinet.onnx': 'onnx/portraitseg_sinet.onnx',
      'det.onnx': 'onnx/ocr_ch_PP-OCRv4_det_infer.onnx',
      'gpt.onnx': 'structure/gpt_220blocks_random_over10k_nodes.onnx',
    });
    if (!folder) return this.skip();
    workspace = folder;
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, viewport: { width: 1500, height: 950 }, settings: { 'workbench.colorTheme': process.env.THEME ?? 'Default Dark Modern', 'workbench.sideBar.location': 'left' } });
    window = new Window(workbench.page);
    editor = new ModelEditorPage(window);
    await window.command('View: Toggle Primary Side Bar Visibility');
    await window.command('View: Toggle Primary Side Bar Visibility');
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  const shot = (name: string) => workbench.page.screenshot({ path: path.join(screenshots, `graph-${name}.png`) });

  for (const name of (process.env.FILES ?? 'squeezenet.onnx,silero.onnx,sinet.onnx,bert.onnx,guess.onnx,det.onnx').split(',')) {
    it(`looks at ${name}`, async () => {
      await window.closeEditors();
      await window.openFile(name);
      await editor.opened();
      const drawn = await editor.drawn();
      await workbench.page.waitForTimeout(300);
      console.log(name, drawn);
      await shot(`${name}-first`);
      await editor.canvas.focus();
      await workbench.page.keyboard.press('0');
      await workbench.page.waitForTimeout(300);
      await shot(`${name}-fit`);
      await editor.root.locator('.graph-tools-top button').nth(1).click();
      await editor.root.locator('.graph-heat').selectOption('parameters');
      await workbench.page.waitForTimeout(800);
      await editor.canvas.focus();
      await workbench.page.keyboard.press('Home');
      await workbench.page.waitForTimeout(1000);
      await shot(`${name}-all`);
    });
  }
});
