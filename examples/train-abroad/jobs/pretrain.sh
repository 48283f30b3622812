#!/bin/bash
#SBATCH --job-name=pretrain
#SBATCH --nodes=2
#SBATCH --gpus-per-node=8
#SBATCH --partition=train
#SBATCH --time=0:10:00
#SBATCH --output=pretrain-%j.out
#BERTH --purpose=commercial-training --data=public:SG
# Pre-training on public data, on any rented pool abroad.
echo "pre-training on $SLURM_NNODES nodes, $SLURM_GPUS_ON_NODE chips on this one"
