#!/bin/bash
#SBATCH --job-name=big
#SBATCH --nodes=2
#SBATCH --gpus-per-node=h100-sxm:8
#SBATCH --time=0:10:00
#SBATCH --output=big-%j.out
#BERTH --purpose=commercial-training --data=public:JP
# Both H100 nodes at once: it waits until the first training job gives its node back.
echo "gang of $SLURM_NNODES nodes: $SLURM_JOB_NODELIST, $SLURM_GPUS_ON_NODE chips on this one"
sleep 1
