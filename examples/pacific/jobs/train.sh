#!/bin/bash
#SBATCH --job-name=train
#SBATCH --gpus=h100-sxm:8
#SBATCH --cpus-per-task=8
#SBATCH --time=0:20:00
#SBATCH --requeue
#SBATCH --signal=B:USR1@30
#SBATCH --output=train-%j.out
#BERTH --purpose=commercial-training --data=public:JP --checkpoint=2
# Logistic regression by gradient descent on 20,000 made-up points: real arithmetic on the CPU, with a
# checkpoint after each block of epochs. Started again (--requeue), it goes on where it stopped.
set -euo pipefail
epochs=${EPOCHS:-1000}
model=model-${SLURM_JOB_ID}.txt
stop=
trap 'stop=1' USR1 TERM

[ -s "$model" ] || echo "0 0 0 0" >"$model" # epoch, two weights, bias
echo "training on $SLURM_JOB_NODELIST, chips ${CUDA_VISIBLE_DEVICES:-none}, restart ${SLURM_RESTART_COUNT:-0}"
while read -r done_epochs _ <"$model" && [ "$done_epochs" -lt "$epochs" ] && [ -z "$stop" ]; do
    awk -v block=50 '
        BEGIN { getline line < ARGV[1]; split(line, m, " "); e = m[1]; w1 = m[2]; w2 = m[3]; b = m[4]
            srand(7); n = 20000
            for (i = 0; i < n; i++) { x[i] = rand() * 4 - 2; y[i] = rand() * 4 - 2
                t[i] = (1.5 * x[i] - 0.8 * y[i] + 0.3 + (rand() - 0.5) > 0) }
            for (k = 0; k < block; k++) { g1 = g2 = gb = loss = 0
                for (i = 0; i < n; i++) { p = 1 / (1 + exp(-(w1 * x[i] + w2 * y[i] + b)))
                    d = p - t[i]; g1 += d * x[i]; g2 += d * y[i]; gb += d
                    loss -= log((t[i] ? p : 1 - p) + 1e-12) }
                w1 -= g1 / n * 2; w2 -= g2 / n * 2; b -= gb / n * 2 }
            printf "%d %.6f %.6f %.6f loss %.4f\n", e + block, w1, w2, b, loss / n }' "$model" >"$model.new"
    mv "$model.new" "$model" # the checkpoint is whole or not there
    echo "epoch $(cut -d' ' -f1 "$model"): $(cut -d' ' -f5- "$model")"
done
[ -z "$stop" ] || { echo "told to stop; the checkpoint is $model"; exit 0; }
echo "done: $(cat "$model")"
